// Package secret holds a string type that prints as dots wherever a value may be printed by accident:
// logs, JSON, %v, errors. Only Reveal gives the text, so every place that shows a secret can be found.
package secret
