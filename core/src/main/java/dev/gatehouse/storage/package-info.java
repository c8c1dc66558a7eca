/** SPI: all stores of one place. */
package dev.gatehouse.storage;
