package cloud

import (
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/jobs"
)

// afterAnswers lets the queue do what accounts put off until after an answer: whether a name exists then shows in no time.
func (c *Cloud) afterAnswers() {
	for _, kind := range []string{account.RecoverJob, account.LockedJob} {
		c.jobs.Handle(kind, jobs.Options{Tries: 5, Timeout: 30 * time.Second}, c.account.Work(kind))
	}
}
