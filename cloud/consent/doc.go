// Package consent decides who may be in an organisation that is not their own: leave is off by default, given by the owner (or taken by the
// operator in an emergency, with a reason), ends by itself, is seen live by the owner, and every act under it is recorded under both names
// (ACC-11, ACC-12, BEY-19).
package consent
