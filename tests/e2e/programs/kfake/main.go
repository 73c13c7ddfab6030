// Brokers that speak Kafka's protocol as a program of others implements it: kfake of franz-go.
//
// kfake [-topics NAME,NAME] [-old] [-sasl] [-user MECHANISM,NAME,PASSWORD]: prints the addresses of three brokers, and then what it logs. A line
// "create NAME" on stdin makes a topic; stdin's end ends it. It may make topics that are asked for, as Kafka may.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kversion"
)

func main() {
	topics := flag.String("topics", "", "topics that are there, with three partitions each")
	old := flag.Bool("old", false, "speak like Kafka 0.10")
	sasl := flag.Bool("sasl", false, "want a login")
	user := flag.String("user", "", "the only one who may log in, with -sasl")
	flag.Parse()

	options := []kfake.Opt{kfake.NumBrokers(3), kfake.AllowAutoTopicCreation(),
		kfake.WithLogger(kfake.BasicLogger(os.Stdout, kfake.LogLevelDebug))}
	if *topics != "" {
		options = append(options, kfake.SeedTopics(3, strings.Split(*topics, ",")...))
	}
	if *old {
		options = append(options, kfake.MaxVersions(kversion.V0_10_0()))
	}
	if *sasl {
		options = append(options, kfake.EnableSASL())
	}
	if one := strings.SplitN(*user, ",", 3); len(one) == 3 {
		options = append(options, kfake.Superuser(one[0], one[1], one[2]))
	}
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	fmt.Println(strings.Join(cluster.ListenAddrs(), " "))
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		name, found := strings.CutPrefix(lines.Text(), "create ")
		if !found {
			log.Fatalf("what is %q?", lines.Text())
		}
		if err := cluster.CreateTopic(name, 2, nil); err != nil {
			log.Fatal(err)
		}
	}
}
