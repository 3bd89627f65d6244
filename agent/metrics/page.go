package metrics

import (
	"strconv"
	"strings"
)

// The text form of Prometheus, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). It is written here because its library would take 2 MiB of
// a box's memory and 3.5 MB of the program.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

const (
	gauge   = "gauge"
	counter = "counter"
)

// labels are names and values, in order.
type labels [][2]string

// sample is one number.
type sample struct {
	value  float64
	labels labels
}

// page is an answer under way.
type page struct{ text []byte }

// escape makes a value fit between quotation marks: it is the format's own short list, which is not Go's.
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// family writes the numbers of one name; none of it when there is no number.
func (p *page) family(name, kind, help string, all ...sample) {
	if len(all) == 0 {
		return
	}
	p.text = append(p.text, "# HELP "+name+" "+help+"\n# TYPE "+name+" "+kind+"\n"...)
	for _, s := range all {
		p.text = append(p.text, name...)
		for i, l := range s.labels {
			p.text = append(p.text, "{,"[min(i, 1)])
			p.text = append(p.text, l[0]+`="`+escape.Replace(l[1])+`"`...)
		}
		if len(s.labels) > 0 {
			p.text = append(p.text, '}')
		}
		p.text = strconv.AppendFloat(append(p.text, ' '), s.value, 'g', -1, 64)
		p.text = append(p.text, '\n')
	}
}
