// Package txn keeps SIP transactions (RFC 3261 section 17, with RFC 6026): what repeats a message until it is answered, answers repetitions and forgets both
// in time. It knows bytes, statuses and keys, and no message: whoever reads and writes messages tells it what came and takes from it what was answered.
package txn
