package account

// Worked tells how many hashes were made or compared.
func (p *Passwords) Worked() int64 { return p.worked.Load() }
