package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// AccessGroup is a set of doors with the times at which keys open them.
type AccessGroup struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Doors    []AccessDoor   `json:"doors" nullable:"false"`
	Schedule AccessSchedule `json:"schedule"`
	People   int            `json:"people" doc:"Who have it; while there are any it cannot be deleted."`
	Revision uint64         `json:"revision" doc:"One more at each change; the ETag."`
}

// AccessDoor is one relay of a device.
type AccessDoor struct {
	DeviceID string `json:"device_id"`
	Relay    int    `json:"relay"`
}

// AccessSchedule is when an access group opens.
type AccessSchedule struct {
	Repeat string `json:"repeat" required:"false" doc:"always, the default, daily or weekly."`
	Days   []int  `json:"days" nullable:"false" required:"false" doc:"Of weekly: 0 is Sunday."`
	From   string `json:"from" required:"false" doc:"HH:MM by the clock of the site; not of always."`
	Till   string `json:"till" required:"false" doc:"HH:MM, the last minute that counts."`
}

// AccessGroupInput is what somebody says of an access group.
type AccessGroupInput struct {
	Name     string         `json:"name" required:"false" doc:"1 to 64 characters."`
	Doors    []AccessDoor   `json:"doors" required:"false"`
	Schedule AccessSchedule `json:"schedule" required:"false"`
}

// AccessGroupPath is one access group of a path.
type AccessGroupPath struct {
	SitePath
	Group string `path:"access"`
}

func (p AccessGroupPath) id() domain.AccessGroupID { return pathID[domain.AccessGroupID](p.Group) }

func (a *API) accessGroups() {
	const list, one = "/sites/{site}/access-groups", "/sites/{site}/access-groups/{access}"
	route(a, http.MethodGet, list, "list-access-groups", "Access groups of a site", func(ctx context.Context, in *struct {
		SitePath
		PageQuery
	},
	) (*Body[Page[AccessGroup]], error) {
		list, err := a.Fleet.AccessGroups(ctx, in.site(), in.page())
		if err != nil {
			return nil, err
		}
		people, err := a.Fleet.AccessGroupPeople(ctx, in.site())
		return pageOf(list, func(g domain.AccessGroup) AccessGroup { return showAccessGroup(g, people[g.ID]) }), err
	}, needs(account.PeopleRead), tag("access"))
	route(a, http.MethodPost, list, "add-access-group", "Add an access group", func(ctx context.Context, in *struct {
		SitePath
		Body AccessGroupInput
	},
	) (*Tagged[AccessGroup], error) {
		group, err := in.Body.group(in.site(), domain.AccessGroupID{})
		if err != nil {
			return nil, err
		}
		group, err = a.Fleet.AddAccessGroup(ctx, group)
		return tagged(showAccessGroup(group, 0), group.Revision, err)
	}, status(http.StatusCreated), needs(account.KeysWrite), tag("access"))
	route(a, http.MethodGet, one, "get-access-group", "One access group", func(ctx context.Context, in *AccessGroupPath) (*Tagged[AccessGroup], error) {
		group, err := a.Fleet.AccessGroup(ctx, in.site(), in.id())
		return a.showAccessGroup(ctx, group, err)
	}, needs(account.PeopleRead), tag("access"))
	route(a, http.MethodPut, one, "edit-access-group", "Change an access group", func(ctx context.Context, in *struct {
		AccessGroupPath
		IfMatch
		Body AccessGroupInput
	},
	) (*Tagged[AccessGroup], error) {
		group, err := in.Body.group(in.site(), in.id())
		if err != nil {
			return nil, err
		}
		group, err = a.Fleet.EditAccessGroup(ctx, group)
		return a.showAccessGroup(ctx, group, err)
	}, needs(account.KeysWrite), tag("access"))
	route(a, http.MethodDelete, one, "delete-access-group", "Delete an access group", func(ctx context.Context, in *struct {
		AccessGroupPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Fleet.DeleteAccessGroup(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.KeysWrite), tag("access"))
}

func (i AccessGroupInput) group(site domain.SiteID, id domain.AccessGroupID) (domain.AccessGroup, error) {
	var f fault.Fields
	out := domain.AccessGroup{
		ID: id, SiteID: site, Name: i.Name,
		Schedule: domain.Schedule{
			Repeat: domain.Repeat(i.Schedule.Repeat), Days: i.Schedule.Days,
			From: minuteOf(&f, "schedule.from", i.Schedule.From), Till: minuteOf(&f, "schedule.till", i.Schedule.Till),
		},
	}
	if out.Schedule.Repeat == domain.Always {
		out.Schedule.Repeat = "" // one form in the document
	}
	for n, d := range i.Doors {
		device, err := domain.ParseID[domain.DeviceID](d.DeviceID)
		f.Check(err == nil, "doors["+strconv.Itoa(n)+"]", "A relay of a device of this site, each once.")
		out.Doors = append(out.Doors, domain.GroupDoor{DeviceID: device, Relay: d.Relay})
	}
	return out, f.Err()
}

// minuteOf reads HH:MM as a minute of the day; empty is the first.
func minuteOf(f *fault.Fields, path, text string) int {
	if text == "" {
		return 0
	}
	if len(text) == 5 && text[2] == ':' {
		hour, errHour := strconv.Atoi(text[:2])
		minute, errMinute := strconv.Atoi(text[3:])
		if errHour == nil && errMinute == nil && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 {
			return hour*60 + minute
		}
	}
	f.Add(path, "A time such as 07:30.")
	return 0
}

func showMinute(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// showAccessGroup answers an access group with who have it, after err of what read or changed it.
func (a *API) showAccessGroup(ctx context.Context, g domain.AccessGroup, err error) (*Tagged[AccessGroup], error) {
	if err != nil {
		return nil, err
	}
	people, err := a.Fleet.AccessGroupPeople(ctx, g.SiteID)
	return tagged(showAccessGroup(g, people[g.ID]), g.Revision, err)
}

func showAccessGroup(g domain.AccessGroup, people int) AccessGroup {
	out := AccessGroup{
		ID: g.ID.String(), Name: g.Name, Doors: []AccessDoor{}, Schedule: AccessSchedule{Repeat: string(g.Schedule.Repeat), Days: []int{}},
		People: people, Revision: g.Revision,
	}
	if g.Schedule.Ever() {
		out.Schedule.Repeat = string(domain.Always)
	} else {
		out.Schedule.Days = append(out.Schedule.Days, g.Schedule.Days...)
		out.Schedule.From, out.Schedule.Till = showMinute(g.Schedule.From), showMinute(g.Schedule.Till)
	}
	for _, d := range g.Doors {
		out.Doors = append(out.Doors, AccessDoor{DeviceID: d.DeviceID.String(), Relay: d.Relay})
	}
	return out
}
