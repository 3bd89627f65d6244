package template

import (
	"cmp"
	"context"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"vestibule/cloud/fleet"
	"vestibule/cloud/sheet"
	"vestibule/shared/domain"
)

// Write writes a form with rows as a file: "xlsx" or "csv". Without rows it is the template, with its example.
func Write(out io.Writer, form Form, format, language string, rows [][]string, example bool) error {
	table := sheet.Table{Name: form.Name.In(language), Rows: rows}
	for _, c := range form.Columns {
		table.Columns = append(table.Columns, sheet.Column{
			Title: c.Title.In(language), Comment: c.Hint.In(language), Width: c.Width, Required: c.Required, Options: c.Options,
		})
		if example {
			table.Example = append(table.Example, c.Example)
		}
	}
	if len(form.Columns) == 1 {
		table.Example = nil // one address alone would be taken for a row
	}
	if format == "xlsx" {
		return sheet.WriteBook(out, table)
	}
	var titles []string
	for _, c := range table.Columns {
		titles = append(titles, c.Title)
	}
	all := [][]string{titles}
	if table.Example != nil {
		all = append(all, table.Example)
	}
	return sheet.WriteCSV(out, append(all, rows...))
}

// rowsOf writes everything of a site that its form describes, in a stable order.
func rowsOf(d *fleet.Draft, form Form) [][]string {
	switch form.Kind {
	case Community:
		return homesOut(d, form)
	case Office:
		return deskOut(d, form)
	case SingleCompany, MultiCompany:
		return staffOut(d, form)
	}
	return nil
}

// cells makes a row out of the columns that have something.
func cells(form Form, values map[string]string) []string {
	out := make([]string, len(form.Columns))
	for i, c := range form.Columns {
		out[i] = values[c.Key]
	}
	return out
}

// devicesOut writes a device cell. A device whose name would break the cell is left out: what a sheet does not name stays as it is.
func devicesOut(devices []domain.Device) string {
	slices.SortFunc(devices, func(a, b domain.Device) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.MAC, b.MAC)) })
	var out []string
	for _, v := range devices {
		if !strings.ContainsAny(v.Name, ",;") {
			out = append(out, v.Name+","+strconv.Itoa(int(v.Type))+","+string(v.MAC))
		}
	}
	return strings.Join(out, ";")
}

// numbersOut writes numbers: digits beside a calling code when all have the same, else in full.
func numbersOut(values map[string]string, p domain.Person) {
	keys := []string{"mobile", "phone1", "phone2", "phone3"}
	numbers := append([]string{p.Phone}, p.Form.Landlines...)
	code, one := "", true
	for _, n := range numbers {
		if n == "" {
			continue
		}
		m := inFull.FindStringSubmatch(n)
		if m == nil || code != "" && code != m[1] || len(m[2]) < 3 {
			one = false
			break
		}
		code = m[1]
	}
	for i, n := range numbers {
		if i >= len(keys) || n == "" {
			continue
		}
		values[keys[i]] = n
		if one {
			values["calling_code"], values[keys[i]] = code, inFull.FindStringSubmatch(n)[2]
		}
	}
}

func personOut(values map[string]string, p domain.Person) {
	values["first_name"], values["last_name"], values["email"], values["staff_id"] = p.FirstName, p.LastName, p.Email, p.StaffID
	numbersOut(values, p)
}

func floorsOut(floors []string) string {
	out := slices.Clone(floors)
	for i, f := range out {
		if f == domain.AllFloors {
			out[i] = "All"
		}
	}
	return strings.Join(out, ";")
}

func homesOut(d *fleet.Draft, form Form) [][]string {
	var out [][]string
	for _, a := range d.Apartments() {
		values := map[string]string{
			"building": d.Buildings()[a.BuildingID].Name, "apt": a.Number, "apt_name": a.Name, "device": devicesOut(d.DevicesIn(a.ID)),
			"call_type": strconv.Itoa(int(a.CallType)), "web_relay": strconv.Itoa(a.WebRelay),
		}
		var handsets []string
		for _, h := range a.Handsets {
			handsets = append(handsets, h.Name+","+h.Number)
		}
		values["handsets"] = strings.Join(handsets, ";")
		if p, ok := d.MasterOf(a.ID); ok {
			personOut(values, p)
			values["floors"] = floorsOut(p.Form.Floors)
		}
		out = append(out, cells(form, values))
	}
	sorted(d, out, form, "building", "apt")
	return out
}

func deskOut(d *fleet.Draft, form Form) [][]string {
	var out [][]string
	devices := map[domain.DepartmentID][]domain.Device{}
	for _, v := range d.Devices() {
		if !v.DepartmentID.IsZero() {
			devices[v.DepartmentID] = append(devices[v.DepartmentID], v)
		}
	}
	for id, list := range devices {
		out = append(out, cells(form, map[string]string{"department": d.Departments()[id].Name, "device": devicesOut(list)}))
	}
	for _, p := range d.People() {
		values := map[string]string{"department": d.Departments()[p.DepartmentID].Name, "identity": "basic user", "intercom": "1"}
		if p.DepartmentID.IsZero() {
			continue
		}
		if p.Kind == domain.AdvancedUser {
			values["identity"] = "advanced user"
		}
		if p.Form.NoIntercom {
			values["intercom"] = "0"
		} else if p.Form.CallType <= domain.MonitorsThenAppThenPhone {
			values["call_type"] = strconv.Itoa(int(p.Form.CallType))
		}
		personOut(values, p)
		out = append(out, cells(form, values))
	}
	sorted(d, out, form, "department", "staff_id")
	return out
}

func staffOut(d *fleet.Draft, form Form) [][]string {
	var out [][]string
	first := map[domain.CompanyID]int{}
	people := slices.SortedFunc(maps.Values(d.People()), func(a, b domain.Person) int { return cmp.Compare(b.ID.String(), a.ID.String()) })
	for _, p := range people { // the eldest last: it gets the devices
		if p.Kind != domain.Personnel {
			continue
		}
		values := map[string]string{"company": d.Companies()[p.CompanyID].Name, "intercom": "1"}
		if p.Form.NoIntercom {
			values["intercom"] = "0"
		}
		personOut(values, p)
		first[p.CompanyID] = len(out)
		out = append(out, cells(form, values))
	}
	devices := map[domain.CompanyID][]domain.Device{}
	for _, v := range d.Devices() {
		if !v.CompanyID.IsZero() {
			devices[v.CompanyID] = append(devices[v.CompanyID], v)
		}
	}
	for id, list := range devices {
		if at, ok := first[id]; ok {
			out[at][form.Index("device")] = devicesOut(list)
		}
	}
	sorted(d, out, form, "company", "last_name", "first_name", "email")
	return out
}

// sorted orders rows by some columns, as lists do.
func sorted(d *fleet.Draft, rows [][]string, form Form, keys ...string) {
	folded := make(map[string]string, len(rows))
	fold := func(text string) string {
		if f, ok := folded[text]; ok {
			return f
		}
		folded[text] = d.Folded(text)
		return folded[text]
	}
	slices.SortFunc(rows, func(a, b []string) int {
		for _, key := range keys {
			at := form.Index(key)
			if at < 0 {
				continue
			}
			if order := cmp.Or(cmp.Compare(fold(a[at]), fold(b[at])), cmp.Compare(a[at], b[at])); order != 0 {
				return order
			}
		}
		return slices.Compare(a, b)
	})
}

// export gives the rows of a site.
func export(ctx context.Context, f Fleet, site domain.SiteID) (form Form, rows [][]string, err error) {
	err = f.Draft(ctx, site, func(_ context.Context, d *fleet.Draft) error {
		if form, err = formOf(d.Site()); err != nil {
			return err
		}
		rows = rowsOf(d, form)
		return fleet.ErrTrial
	})
	return form, rows, err
}
