package factor

import (
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"vestibule/cloud/account"
)

// StepOf is stepOf for the vectors of the RFC.
var StepOf = stepOf

// Takes tells whether an answer is taken for a new passkey of a ceremony that nobody began. It parses it as an answer of a sign-in too.
func (s *Service) Takes(answer []byte) bool {
	_, _ = protocol.ParseCredentialRequestResponseBytes(answer)
	asked := webauthn.SessionData{Challenge: "bm9ib2R5IGJlZ2FuIHRoaXMgY2VyZW1vbnk", RelyingPartyID: s.host, UserVerification: protocol.VerificationRequired}
	_, err := s.registered(account.Account{}, asked, answer)
	return err == nil
}
