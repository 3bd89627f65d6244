package webapi

import (
	"testing"
	"time"
)

// rows is a page of a list.
type rows struct {
	Num, CurPageNum int
	Item            []map[string]any
}

// What clients of others ask for beside what our driver asks: groups, logs, schedules by the address alone, one record after the other.
//
// shows BEY-16 by shared/sim/webapi/actions.go: "c.Target = target" => "_ = target"
func TestServer_AnswersClientsThatOthersWrote(t *testing.T) {
	f := newFixture(t)
	list := func(what string) rows {
		t.Helper()
		code, message, out := get[rows](f, "GET", "/api/"+what, "")
		if code != 0 {
			t.Fatalf("%s: %d %s", what, code, message)
		}
		return out
	}
	change := func(path, body string, want float64) {
		t.Helper()
		code, message, out := get[rows](f, "POST", "/api/"+path, body)
		if code != 0 || len(out.Item) != 1 || out.Item[0]["Ret"] != want {
			t.Fatalf("%s %s: %d %s %v", path, body, code, message, out.Item)
		}
	}
	change("schedule/set", `{"action":"add","data":{"item":[{"Type":"2","Name":"Day","TimeStart":"00:00","TimeEnd":"23:59"}]}}`, 0)
	day := list("schedule/get?page=1").Item[2]
	change("user/set", `{"target":"user","action":"add","data":{"item":[{"Name":"Eva","UserID":"7","ScheduleRelay":"`+day["ID"].(string)+`-1,1001-2","LiftFloorNum":"0","PrivatePIN":"4711"}]}}`, 0)
	if by, ok := f.o.Keys.Find("PrivatePIN", "4711", time.Now(), func(int) bool { return true }); !ok || by.User != "Eva" || len(by.Relays) != 2 {
		t.Errorf("%+v", by)
	}
	change("schedule/set", `{"action":"del","data":{"item":[{"ID":"`+day["ID"].(string)+`"}]}}`, 0)
	change("group/add", `{"target":"group","action":"add","data":{"item":[{"Name":"Staff"}]}}`, 0)
	change("group/add", `{"target":"group","action":"add","data":{"item":[{"Name":""}]}}`, 14)
	change("group/del", `{"target":"group","action":"del","data":{"item":[{"ID":"99"}]}}`, -4)
	change("contact/set", `{"target":"contact","action":"add","data":{"item":[{"Name":"Porter","Phone":"9","Group":"Staff"}]}}`, 0)
	if g, c := list("group/get"), list("contact/get"); len(g.Item) != 2 || g.Item[0]["Name"] != "Default" || g.Item[1]["Name"] != "Staff" || c.Item[0]["Group"] != "Staff" {
		t.Errorf("groups %v, contacts %v", g.Item, c.Item)
	}
	f.o.Journal.Door("Eva", "4711", "PrivatePIN", 1)
	f.o.Journal.Door("", "9999", "PrivatePIN", 0)
	f.o.Journal.Call("101", "Dialed", "4711000001")
	doors, calls := list("doorlog/get?page=1"), list("calllog/get")
	if doors.Num != 2 || doors.Item[0]["Status"] != "Failed" || doors.Item[1]["Status"] != "Succ" || doors.Item[1]["Relay"] != "1" || calls.Num != 1 || calls.Item[0]["LocalIdentity"] != "4711000001" {
		t.Errorf("doors %v, calls %v", doors, calls)
	}
	for _, row := range append(doors.Item, calls.Item...) {
		for _, field := range []string{"ID", "Date", "Time", "Name", "Type"} {
			if _, has := row[field].(string); !has {
				t.Errorf("a row has no %s: %v", field, row)
			}
		}
	}
}

// An E18 takes no order whose body does not name its target.
//
// shows BEY-16 by shared/sim/webapi/actions.go: "func (s *Server) wantsTarget() bool {" => "func (s *Server) wantsTarget() bool { return false }"
func TestServer_AnE18WantsItsTarget(t *testing.T) {
	f := newFixture(t)
	f.o.Identity.Model = "E18C"
	if code, _, _ := get[any](f, "POST", "/api/schedule/set", `{"action":"add","data":{"item":[{"Type":"2"}]}}`); code >= 0 {
		t.Error("it was taken")
	}
}
