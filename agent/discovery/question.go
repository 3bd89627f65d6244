package discovery

import (
	"time"

	"github.com/miekg/dns"
)

// Facts of multicast DNS.
const (
	mdnsPort     = 5353
	flush        = 1 << 15 // top bit of the class in an answer
	maxPacketIn  = 9000    // RFC 6762 section 17
	maxPacketOut = 1400
	maxAsks      = 6 // of one thing in one browse
)

// browse gives the question for all types, with what is known already so that only the others answer. Known answers that do not fit travel in
// packets of their own, announced by the truncation bit (RFC 6762 section 7.2).
func browse(known []dns.RR) [][]byte {
	var questions []dns.Question
	for _, t := range types {
		questions = append(questions, dns.Question{Name: t.name + ".local.", Qtype: dns.TypePTR, Qclass: dns.ClassINET})
	}
	msg := &dns.Msg{Question: questions, Compress: true}
	var out []*dns.Msg
	for _, rr := range known {
		msg.Answer = append(msg.Answer, rr)
		if msg.Len() > maxPacketOut {
			msg.Answer = msg.Answer[:len(msg.Answer)-1]
			out = append(out, msg)
			msg = &dns.Msg{Answer: []dns.RR{rr}, Compress: true}
		}
	}
	out = append(out, msg)
	packets := make([][]byte, 0, len(out))
	for i, m := range out {
		m.Truncated = i < len(out)-1
		if raw, err := m.Pack(); err == nil {
			packets = append(packets, raw)
		}
	}
	return packets
}

// ask gives packets for questions, as many in each as fit.
func ask(questions []dns.Question) [][]byte {
	var out [][]byte
	msg := &dns.Msg{Compress: true}
	pack := func() {
		if raw, err := msg.Pack(); err == nil && len(msg.Question) > 0 {
			out = append(out, raw)
		}
		msg = &dns.Msg{Compress: true}
	}
	for _, q := range questions {
		msg.Question = append(msg.Question, q)
		if msg.Len() > maxPacketOut-300 { // room for one more long name
			pack()
		}
	}
	pack()
	return out
}

// Times of one browse, from its start. Answers of many hosts and of slow ones need repeated questions.
var repeats = []time.Duration{0, time.Second, 3 * time.Second, 6 * time.Second}
