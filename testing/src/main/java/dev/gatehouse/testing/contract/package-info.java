/** The rules of the storage SPI as tests that every store runs. */
package dev.gatehouse.testing.contract;
