/** SPI: send a request, get a response. */
package dev.gatehouse.transport;
