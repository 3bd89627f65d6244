package webhook

// Control is the second look of Net at an address.
func (n Net) Control(address string) error { return n.control("tcp", address, nil) }
