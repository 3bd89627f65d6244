// Package registration lets the resident of a home make the own account with the code on the home's monitor (PEOPLE-25, SITE-21). A code is used
// once, and a new one kills the one before. What a wrong, used or replaced code answers is the same in words and in work.
package registration
