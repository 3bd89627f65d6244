package template

import "regexp"

var (
	callTypes   = []string{"0", "1", "2", "3", "4", "5"}
	switches    = []string{"1", "0"}
	identities  = []string{"advanced user", "basic user", "staff", "personnel"}
	aptPattern  = regexp.MustCompile(`^[0-9]{1,6}(#[0-9]{1,6})*$`)
	callTypeFor = Texts{
		"en": "Who rings, and in which order:\n0 app and monitors\n1 phone and monitors\n2 app and monitors, then phone\n3 monitors, then app\n4 monitors, then phone\n5 monitors, then app, then phone\nBlank: 0 for a new one, else as it is.",
		"de": "Wer klingelt, und in welcher Reihenfolge:\n0 App und Innenstationen\n1 Telefon und Innenstationen\n2 App und Innenstationen, dann Telefon\n3 Innenstationen, dann App\n4 Innenstationen, dann Telefon\n5 Innenstationen, dann App, dann Telefon\nLeer: 0 bei Neuem, sonst unverändert.",
	}
)

var deviceColumn = Column{
	Key: "device", Title: Texts{"en": "Device", "de": "Geräte"}, Also: []string{"Devices", "Indoor Monitor", "Equipment", "Gerät"}, Example: "Bell,2,A41003FFFFFF;Kitchen,1,A41002FFFFFF", Width: 44,
	Hint: Texts{
		"en": "name,type,MAC and a semicolon between devices.\nTypes: 0 door phone for several homes, 1 private door phone, 2 indoor monitor, 3 guard phone, 50 access terminal.\nThe MAC must be in your MAC library.",
		"de": "Name,Typ,MAC und ein Semikolon zwischen Geräten.\nTypen: 0 Türstation für mehrere Wohnungen, 1 eigene Türstation, 2 Innenstation, 3 Pförtnertelefon, 50 Zutrittsterminal.\nDie MAC muss in Ihrer MAC-Bibliothek stehen.",
	},
}

func person(key, en, de, example string, also ...string) Column {
	return Column{Key: key, Title: Texts{"en": en, "de": de}, Also: also, Example: example, Width: 18}
}

func hinted(c Column, en, de string) Column {
	c.Hint = Texts{"en": en, "de": de}
	return c
}

var (
	firstName = hinted(person("first_name", "FirstName", "Vorname", "Lily", "First Name", "Given Name", "Forename"), "At most 64 characters. Needed as soon as anything of the person is filled in.", "Höchstens 64 Zeichen. Nötig, sobald etwas zur Person eingetragen ist.")
	lastName  = hinted(person("last_name", "LastName", "Nachname", "Green", "Last Name", "Family Name", "Surname", "Name"), "At most 64 characters. Needed as soon as anything of the person is filled in.", "Höchstens 64 Zeichen. Nötig, sobald etwas zur Person eingetragen ist.")
	email     = hinted(person("email", "Email", "E-Mail", "lily@example.com", "E-Mail", "Email Address", "Mail", "E-Mail-Adresse"), "An address that nobody else signs in with.", "Eine Adresse, mit der sich sonst niemand anmeldet.")
	mobile    = hinted(person("mobile", "MobileNumber", "Mobilnummer", "14587444", "Mobile Number", "Mobile", "Cell Phone", "Handy"), "Digits without the country code.", "Ziffern ohne Ländervorwahl.")
	calling   = hinted(person("calling_code", "TelephoneCallingCode", "Ländervorwahl", "1", "Telephone Calling Code", "Calling Code", "Country Code", "Area Code", "Vorwahl"), "The country code, such as 1 or 49. Needed with any number.", "Die Ländervorwahl, etwa 1 oder 49. Nötig bei jeder Nummer.")
)

func landline(key, en, de, example string, also ...string) Column {
	return hinted(person(key, en, de, example, also...), "A landline that can ring. Digits without the country code.", "Ein Festnetzanschluss, der klingeln kann. Ziffern ohne Ländervorwahl.")
}

var communityForm = Form{
	Kind: Community, Name: Texts{"en": "Homes", "de": "Wohnungen"},
	first: func(cells []string) bool {
		return len(cells) >= 3 && cells[0] != "" && aptPattern.MatchString(cells[2])
	},
	Columns: []Column{
		{
			Key: "building", Title: Texts{"en": "Building", "de": "Gebäude"}, Also: []string{"Building Name", "Building Number", "Block", "Tower", "House", "Haus"}, Required: true, Example: "Seaside Apartments", Width: 24,
			Hint: Texts{"en": "Number or name, at most 128 characters. A new one is added.", "de": "Nummer oder Name, höchstens 128 Zeichen. Ein neues wird angelegt."},
		},
		{
			Key: "floors", Title: Texts{"en": "Accessible Floors", "de": "Erlaubte Etagen"}, Also: []string{"Floors", "Floor", "Etagen"}, Example: "5", Width: 18,
			Hint: Texts{"en": "Floors the resident may go to: -10 to 128, G0, G1, G2 with semicolons between them, or All.", "de": "Etagen, die erlaubt sind: -10 bis 128, G0, G1, G2, mit Semikolon getrennt, oder All."},
		},
		{
			Key: "apt", Title: Texts{"en": "Apt", "de": "Wohnung"}, Also: []string{"Apartment", "Apt No.", "Apt Number", "Apartment Number", "Unit", "Flat", "Room", "Wohnungsnummer"}, Required: true, Example: "201", Width: 12,
			Hint: Texts{"en": "What a visitor dials: 1 to 6 digits, or groups such as 2#123. Not starting with #.", "de": "Was Besucher wählen: 1 bis 6 Ziffern oder Gruppen wie 2#123. Nicht mit # am Anfang."},
		},
		hinted(person("apt_name", "AptName", "Wohnungsname", "The Green", "Apt Name", "Apartment Name", "Room Name"), "At most 64 characters.", "Höchstens 64 Zeichen."),
		deviceColumn, firstName, lastName, email, mobile, calling,
		landline("phone1", "1stPhone", "Telefon 1", "14587444", "Phone 1", "First Phone", "Phone1", "Phone"), landline("phone2", "2ndPhone", "Telefon 2", "1458333", "Phone 2", "Second Phone", "Phone2"), landline("phone3", "3rdPhone", "Telefon 3", "", "Phone 3", "Third Phone", "Phone3"),
		{Key: "call_type", Title: Texts{"en": "CallType", "de": "Rufart"}, Also: []string{"Call Type"}, Options: callTypes, Example: "1", Width: 10, Hint: callTypeFor},
		{
			Key: "web_relay", Title: Texts{"en": "Web Relay ID", "de": "Web-Relais"}, Also: []string{"WebRelay", "Web Relay"}, Example: "2", Width: 14,
			Hint: Texts{"en": "The action that the door phone has for this home, 0 for none. It must exist on the door phone.", "de": "Die Aktion, die die Türstation für diese Wohnung hat, 0 für keine. Sie muss auf der Türstation bestehen."},
		},
		{
			Key: "handsets", Title: Texts{"en": "Analog Handset", "de": "Analoge Hörer"}, Also: []string{"Analog Handsets", "Handset", "Handsets"}, Example: "Hall,101;Bedroom,102", Width: 26,
			Hint: Texts{"en": "name,number and a semicolon between handsets. They need the door phone S532.", "de": "Name,Nummer und ein Semikolon zwischen Hörern. Sie brauchen die Türstation S532."},
		},
	},
}

var intercomColumn = Column{
	Key: "intercom", Title: Texts{"en": "SmartPlus Intercom Feature", "de": "Sprechen per App"}, Also: []string{"Intercom Feature", "IntercomFeature", "Intercom"}, Options: switches, Example: "1", Width: 14,
	Hint: Texts{"en": "1: the app rings. 0: only monitors and guard phones do.", "de": "1: die App klingelt. 0: nur Innenstationen und Pförtnertelefone."},
}

var officeForm = Form{
	Kind: Office, Name: Texts{"en": "Office", "de": "Büro"},
	first: func(cells []string) bool {
		return len(cells) >= 6 && cells[0] != "" && identityOf(cells[2]) != "" && cells[5] != ""
	},
	Columns: []Column{
		{
			Key: "department", Title: Texts{"en": "Department", "de": "Abteilung"}, Also: []string{"Department Name", "Dept"}, Required: true, Example: "Sales", Width: 22,
			Hint: Texts{"en": "Name or number, at most 128 characters. A new one is added.", "de": "Name oder Nummer, höchstens 128 Zeichen. Eine neue wird angelegt."},
		},
		deviceColumn,
		{
			Key: "identity", Title: Texts{"en": "Identity", "de": "Rolle"}, Also: []string{"User Type", "Role"}, Options: identities, Example: "basic user", Width: 16,
			Hint: Texts{"en": "advanced user or basic user; staff and personnel are read too.", "de": "advanced user oder basic user; staff und personnel werden auch gelesen."},
		},
		firstName, lastName,
		hinted(person("staff_id", "ID", "Kennung", "0017", "User ID", "Staff ID", "Employee ID", "Personalnummer"), "Nobody else of the office has it, such as the number of the staff card.", "Sonst hat sie niemand im Büro, etwa die Nummer des Ausweises."),
		email, mobile, calling, intercomColumn,
		landline("phone1", "Phone", "Telefon", "14587444", "Landline", "Phone Number"),
		{Key: "call_type", Title: Texts{"en": "Call Type", "de": "Rufart"}, Also: []string{"CallType"}, Options: callTypes, Example: "1", Width: 10, Hint: callTypeFor},
	},
}

func required(c Column) Column {
	c.Required = true
	return c
}

var companyColumns = []Column{
	required(firstName), required(lastName), email, mobile, calling, landline("phone1", "Phone", "Telefon", "14587444", "Landline", "Phone Number"),
	func() Column {
		c := intercomColumn
		c.Title = Texts{"en": "IntercomFeature", "de": "Sprechen per App"}
		return c
	}(), deviceColumn,
}

var singleCompanyForm = Form{
	Kind: SingleCompany, Name: Texts{"en": "Personnel", "de": "Personal"}, Columns: companyColumns,
	first: func([]string) bool { return false },
}

var multiCompanyForm = Form{
	Kind: MultiCompany, Name: Texts{"en": "Personnel", "de": "Personal"},
	Columns: append([]Column{{
		Key: "company", Title: Texts{"en": "Company", "de": "Firma"}, Also: []string{"Company Name", "Tenant"}, Required: true, Example: "Blue Sky", Width: 22,
		Hint: Texts{"en": "Its name, at most 128 characters. A new one is added.", "de": "Ihr Name, höchstens 128 Zeichen. Eine neue wird angelegt."},
	}}, companyColumns...),
	first: func([]string) bool { return false },
}

var macForm = Form{
	Kind: MACs, Name: Texts{"en": "MACs", "de": "MACs"},
	first: func(cells []string) bool { return len(cells) > 0 && isMAC(cells[0]) },
	Columns: []Column{{
		Key: "mac", Title: Texts{"en": "MAC", "de": "MAC"}, Also: []string{"MAC Address", "MACs", "MAC-Adresse"}, Required: true, Example: "0C11050893CA", Width: 18,
		Hint: Texts{"en": "12 hexadecimal digits; colons, dashes and dots are taken too.", "de": "12 Hexadezimalziffern; auch mit Doppelpunkten, Strichen oder Punkten."},
	}},
}
