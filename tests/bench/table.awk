# Rows (rows.sh) to a table: medians of the limit, of our own, and of the
# ratios of each round; behind it the rows themselves.

function value(text, name,    list, n, i) {
	n = split(text, list, " ")
	for (i = 1; i <= n; i++)
		if (index(list[i], name "=") == 1)
			return substr(list[i], length(name) + 2)
	return ""
}

function median(list, n,    i, j, t) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
			t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
		}
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# As many digits as it is worth.
function number(x) {
	return x == "" ? "-" : x >= 100 ? sprintf("%.0f", x) : sprintf("%.2f", x)
}

{
	figure = $1 "\t" $2
	if (!(figure in n)) {
		order[++figures] = figure
		target[figure] = $3
	}
	k = ++n[figure]
	raw[figure, k] = ($4 == "" ? "" : "  limit    " $4 "\n") \
	    "  measured " $5
	limit[figure, k] = value($4, $2)
	own[figure, k] = value($5, $2)
}

END {
	printf "%-46s %-5s %9s %9s %7s  %s\n", "figure", "field", "limit",
	    "measured", "ratio", "target"
	for (i = 1; i <= figures; i++) {
		f = order[i]
		split(f, name, "\t")
		split("", a); split("", b); split("", c)
		m = 0
		for (k = 1; k <= n[f]; k++) {
			b[k] = own[f, k] + 0
			if (limit[f, k] == "" || limit[f, k] + 0 == 0)
				continue
			a[++m] = limit[f, k] + 0
			c[m] = b[k] / a[m]
		}
		printf "%-46s %-5s %9s %9s %7s  %s\n", name[1], name[2],
		    m ? number(median(a, m)) : "-", number(median(b, n[f])),
		    m ? sprintf("%.2f", median(c, m)) : "-", target[f]
	}
	print "\nraw rows (rates a second, times in microseconds unless said)"
	for (i = 1; i <= figures; i++) {
		split(order[i], name, "\t")
		if (shown[name[1]]++)
			continue
		print name[1]
		for (k = 1; k <= n[order[i]]; k++)
			print raw[order[i], k]
	}
}
