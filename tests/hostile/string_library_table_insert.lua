-- expect: string
table.insert(string, 1)
