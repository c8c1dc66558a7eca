/** Storage that lives and dies with the process. */
package dev.gatehouse.storage.memory;
