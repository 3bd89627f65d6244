package txn

import "time"

// kind is one of the four machines of RFC 3261 section 17.
type kind uint8

const (
	clientInvite kind = iota
	clientOther
	serverInvite
	serverOther
	kinds
)

// state is where a transaction stands. A server's INVITE begins as proceeding.
type state uint8

const (
	trying     state = iota // calling, of a client's INVITE
	proceeding              // a provisional answer
	accepted                // a 2xx to INVITE (RFC 6026)
	completed               // any other final answer
	confirmed               // its ACK came
	over
	states
)

func (s state) String() string {
	return [...]string{"trying", "proceeding", "accepted", "completed", "confirmed", "over"}[s]
}

// input is what happens to a transaction. Answers come to a client, and are given by a server.
type input uint8

const (
	provisional input = iota
	success
	refusal
	again  // the request came once more
	ack    // the ACK of the answer came
	pulse  // it is time to repeat (timers A, E and G)
	late   // it is time to end (all other timers)
	inputs // how many there are
)

func (i input) String() string {
	return [...]string{"provisional", "success", "refusal", "again", "ack", "pulse", "late"}[i]
}

// action is what a step asks for; several together.
type action uint16

const (
	pass     action = 1 << iota // client: the answer goes to the user
	anew                        // client: the 2xx came again, its ACK was lost
	confirm                     // client: the ACK of the refusal goes out
	send                        // server: this answer goes out. By itself: what went out last goes out again
	beat                        // the next repetition is due after a longer pause
	slow                        // repetitions go on at their longest pause
	still                       // no more repetitions
	patience                    // it ends when nothing comes for a long time
	endless                     // it is waited for without end: the user decides
	rest                        // it stays for repetitions of the other side, then ends
	heard                       // server: the user is told of the ACK
)

// row is one line of the table: what is not in it changes nothing.
type row struct {
	kind kind
	at   state
	in   input
	to   state
	do   action
}

var rows = []row{
	// RFC 3261 figure 5, with RFC 6026 figure 5.
	{clientInvite, trying, provisional, proceeding, pass | still | endless},
	{clientInvite, trying, success, accepted, pass | still | rest},
	{clientInvite, trying, refusal, completed, pass | confirm | still | rest},
	{clientInvite, trying, pulse, trying, send | beat},
	{clientInvite, trying, late, over, 0},
	{clientInvite, proceeding, provisional, proceeding, pass},
	{clientInvite, proceeding, success, accepted, pass | rest},
	{clientInvite, proceeding, refusal, completed, pass | confirm | rest},
	{clientInvite, accepted, success, accepted, anew},
	{clientInvite, accepted, late, over, 0},
	{clientInvite, completed, refusal, completed, confirm},
	{clientInvite, completed, late, over, 0},
	// Figure 6.
	{clientOther, trying, provisional, proceeding, pass | slow},
	{clientOther, trying, success, completed, pass | still | rest},
	{clientOther, trying, refusal, completed, pass | still | rest},
	{clientOther, trying, pulse, trying, send | beat},
	{clientOther, trying, late, over, 0},
	{clientOther, proceeding, provisional, proceeding, pass},
	{clientOther, proceeding, success, completed, pass | still | rest},
	{clientOther, proceeding, refusal, completed, pass | still | rest},
	{clientOther, proceeding, pulse, proceeding, send | beat},
	{clientOther, proceeding, late, over, 0},
	{clientOther, completed, late, over, 0},
	// Figure 7, with RFC 6026 figure 7.
	{serverInvite, proceeding, again, proceeding, send},
	{serverInvite, proceeding, provisional, proceeding, send},
	{serverInvite, proceeding, success, accepted, send | rest},
	{serverInvite, proceeding, refusal, completed, send | beat | patience},
	{serverInvite, accepted, success, accepted, send},
	{serverInvite, accepted, ack, accepted, heard},
	{serverInvite, accepted, late, over, 0},
	{serverInvite, completed, again, completed, send},
	{serverInvite, completed, pulse, completed, send | beat},
	{serverInvite, completed, ack, confirmed, still | rest},
	{serverInvite, completed, late, over, 0},
	{serverInvite, confirmed, late, over, 0},
	// Figure 8.
	{serverOther, trying, provisional, proceeding, send},
	{serverOther, trying, success, completed, send | rest},
	{serverOther, trying, refusal, completed, send | rest},
	{serverOther, proceeding, again, proceeding, send},
	{serverOther, proceeding, provisional, proceeding, send},
	{serverOther, proceeding, success, completed, send | rest},
	{serverOther, proceeding, refusal, completed, send | rest},
	{serverOther, completed, again, completed, send},
	{serverOther, completed, late, over, 0},
}

// next is a step that the table knows.
type next struct {
	known bool
	to    state
	do    action
}

var table = func() (t [kinds][states][inputs]next) {
	for _, r := range rows {
		t[r.kind][r.at][r.in] = next{true, r.to, r.do}
	}
	return t
}()

// step says what an input does; ok is false when it changes nothing.
func step(k kind, at state, in input) (to state, do action, ok bool) {
	n := table[k][at][in]
	return n.to, n.do, n.known
}

// answerOf is the input that a status is.
func answerOf(status int) input {
	switch {
	case status < 200:
		return provisional
	case status < 300:
		return success
	default:
		return refusal
	}
}

// Times of transactions; zero fields take those of RFC 3261, but for Repeats.
type Times struct {
	T1      time.Duration // first pause between repetitions
	T2      time.Duration // longest pause
	T4      time.Duration // a message may lie in the network
	GiveUp  time.Duration // without an answer, or without the ACK of a refusal
	Repeats time.Duration // the other side may repeat itself after a final answer
}

func (t *Times) defaults() {
	for _, one := range []struct {
		field *time.Duration
		usual time.Duration
	}{{&t.T1, 500 * time.Millisecond}, {&t.T2, 4 * time.Second}, {&t.T4, 5 * time.Second}, {&t.GiveUp, 32 * time.Second}, {&t.Repeats, 32 * time.Second}} {
		if *one.field == 0 {
			*one.field = one.usual
		}
	}
}

// longer is the pause after one of p.
func (t *Times) longer(k kind, p time.Duration) time.Duration {
	switch {
	case p == 0:
		return t.T1
	case k == clientInvite: // timer A has no limit but timer B
		return 2 * p
	}
	return min(2*p, t.T2)
}

// rest is how long a transaction that came to a state stays for repetitions. Over a connection nothing is repeated, but a 2xx by its user.
func (t *Times) rest(k kind, at state, reliable bool) time.Duration {
	switch {
	case at == accepted:
		return t.Repeats
	case reliable:
		return 0
	case k == clientOther || at == confirmed:
		return t.T4
	}
	return t.Repeats
}
