/** Grants, roles and decisions that explain themselves. */
package dev.gatehouse.permission;
