package domain

import "vestibule/shared/secret"

// Registration is the code by which the resident of a home registers an account: what a monitor shows as QR (PEOPLE-25). One per apartment.
type Registration struct {
	ApartmentID ApartmentID   `cbor:"1,keyasint"`
	URL         secret.String `cbor:"2,keyasint"` // carries the token in its fragment; whoever has it may register
}
