/** Records of what was refused, safe from floods. Not exported to hosts. */
package dev.gatehouse.refusal;
