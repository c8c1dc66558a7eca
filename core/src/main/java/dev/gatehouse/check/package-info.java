/** Checks of arguments whose messages name the rule and the value. Not exported to hosts. */
package dev.gatehouse.check;
