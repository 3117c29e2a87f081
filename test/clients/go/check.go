// What the programs have in common. Arguments: endpoint, access key, secret key, folder of the files, SQL, the expected rows. Each prints
// a line a check.
package main

import (
	"fmt"
	"os"
)

// The files of the folder, which are put under the same keys.
var names = []string{"tables/t.csv", "tables/t.json", "tables/t.parquet", "large"}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(holds bool, what string) {
	if !holds {
		fmt.Fprintln(os.Stderr, what)
		os.Exit(1)
	}
	fmt.Println(what)
}
