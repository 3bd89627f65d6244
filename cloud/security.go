package cloud

import (
	"context"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/apitoken"
	"vestibule/cloud/factor"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// security makes what stands beside passwords: second factors, passkeys and API tokens.
func (c *Cloud) security() error {
	c.tokens = apitoken.New(apitoken.Config{Store: c.store, Mail: c.mail, Now: time.Now, Logger: c.cfg.Logger.With(logkey.Component, "apitoken")})
	var err error
	c.factors, err = factor.New(factor.Config{
		Store: c.store, Mail: c.mail, PublicURL: c.publicURL, Now: time.Now, Logger: c.cfg.Logger.With(logkey.Component, "factor"),
		// Accounts need factors and factors need passwords: the account service is there before anybody asks.
		Confirm: func(ctx context.Context, a account.Account, password secret.String) error {
			return c.account.ConfirmPassword(ctx, a, password)
		},
	})
	return err
}
