// Package desired is the document that says what a site should be: sections of entities, canonical bytes, digests in
// two levels (entity, section, document), Diff and Apply. Cloud and agent run the same code, so equal content has equal
// hashes on both sides. It does no I/O and keeps unknown sections as they are.
package desired
