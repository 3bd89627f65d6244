// Package collector tells when the garbage of the program was swept, so that who knows the program's work can say how much may gather until the next time.
package collector
