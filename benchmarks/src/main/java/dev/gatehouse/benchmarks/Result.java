package dev.gatehouse.benchmarks;

/**
 * What one subject reached in one metric. Immutable.
 *
 * @param area of which area
 * @param caseName the metric's name
 * @param subject who was measured
 * @param unit what is counted
 * @param statistics median and spread over the rounds
 */
record Result(String area, String caseName, String subject, String unit, Statistics statistics) {}
