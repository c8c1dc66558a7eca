/** Third parties that sign, authenticate and permit in the host's stead, as FATE Flow's hooks. */
package dev.gatehouse.hook;
