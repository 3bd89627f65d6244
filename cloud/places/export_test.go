package places

// Nearest is nearest over points in hundredths of a degree: latitude, longitude.
func Nearest(all [][2]int16, at Position) int {
	var list []point
	for _, p := range all {
		list = append(list, point{p[0], p[1]})
	}
	return nearest(list, at)
}

// Points tells how many positions there are.
func Points() int { return len(points()) }

// CountCities counts the names of all cities.
func CountCities() int {
	n := 0
	for _, country := range read().nations {
		for _, cities := range country.cities {
			n += len(cities)
		}
	}
	return n
}
