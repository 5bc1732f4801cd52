// Clients in Go: the AWS SDK v2, lib/pq and pgx. The argument says which.
package main

import "os"

func main() {
	switch os.Args[1] {
	case "AWS SDK for Go v2":
		api()
	case "documented":
		documented()
	default:
		sqlClient(os.Args[1])
	}
}
