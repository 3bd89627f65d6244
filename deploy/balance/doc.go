// Package balance is a load balancer as tests need one in front of several clouds: it asks each at /readyz, takes turns among those that are ready, and gives a
// request to another one only when its connection was never made. What it could not bring to its end it counts. Only tests use it.
package balance
