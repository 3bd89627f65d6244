// Package heap decides how much garbage may gather before it is swept. A box has little memory, and an agent at rest hardly makes any garbage: a quarter of what
// lives is enough. While calls are set up it makes megabytes a second, and each sweep looks at all that lives: then a small heap may grow to more.
package heap
