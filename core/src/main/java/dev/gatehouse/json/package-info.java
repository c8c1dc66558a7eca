/** The one JSON mapper and its limits. Not exported to hosts. */
package dev.gatehouse.json;
