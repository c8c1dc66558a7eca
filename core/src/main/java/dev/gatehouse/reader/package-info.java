/** Fetches feature data of third parties: upload ids, ask until it is done, download. */
package dev.gatehouse.reader;
