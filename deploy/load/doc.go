// Command load puts thousands of agents on the real program of the cloud and tells where one node ends, and what ran out.
//
//	load -sites 1000                             every scenario
//	load -sites 10000 -scenario steady,restart   these, in this order (`make load SITES=10000 SCENARIO=steady,restart`)
//	load -sites 1000 -scenario together          people edit and open while 100 other agents bring 100,000 rows each
//	load -sites 10000 -keep DIR                  keeps the enrolled agents in a folder and takes them from there the next time
//	load -sites 10000 -postgres                  on a PostgreSQL of its own instead of SQLite
//
// What is real: the cloud's program in a process of its own, with SQLite or PostgreSQL; every site, claim and certificate comes from it by its own
// API; agents are the product's own link, outbox, configuration and commands over TLS with its own back-off. What is played: the store of an agent
// (memory), its devices (they hold a document as soon as it comes) and its doors (they open at once).
//
// The cloud, with its PostgreSQL, runs on one core and the load on the other, so that neither is measured with the other's work.
package main
