/** Third parties and where to call them: applications, servers, services. */
package dev.gatehouse.registry;
