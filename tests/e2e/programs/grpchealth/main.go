// The health service of grpc-go, as applications register it.
//
// grpchealth [-none] [-token TOKEN] [-cert FILE -key FILE [-ca FILE]]: prints its address; what grpc-go logs goes to stderr. A line
// "NOT_SERVING name" or "SERVING name" on its stdin sets the status of a service; without a name that of the whole server.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// transport returns TLS with that certificate; with ca, clients need a certificate of it.
func transport(cert, key, ca string) (credentials.TransportCredentials, error) {
	own, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{own}}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(pem)
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return credentials.NewTLS(config), nil
}

// withToken refuses calls without the token, and repeats what it was sent, as careless servers do.
func withToken(token string) grpc.ServerOption {
	return grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		sent := metadata.ValueFromIncomingContext(ctx, "authorization")
		if len(sent) != 1 || sent[0] != "Bearer "+token {
			return nil, status.Errorf(codes.Unauthenticated, "100 %% no: %q", sent)
		}
		return next(ctx, request)
	})
}

func main() {
	none := flag.Bool("none", false, "register no health service")
	token := flag.String("token", "", "the token that calls must have")
	cert, key, ca := flag.String("cert", "", ""), flag.String("key", "", ""), flag.String("ca", "", "")
	flag.Parse()
	grpclog.SetLoggerV2(grpclog.NewLoggerV2WithVerbosity(os.Stderr, os.Stderr, os.Stderr, 99))
	var options []grpc.ServerOption
	if *token != "" {
		options = append(options, withToken(*token))
	}
	if *cert != "" {
		secure, err := transport(*cert, *key, *ca)
		if err != nil {
			log.Fatal(err)
		}
		options = append(options, grpc.Creds(secure))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server, states := grpc.NewServer(options...), health.NewServer()
	if !*none {
		healthpb.RegisterHealthServer(server, states)
	}
	fmt.Println(listener.Addr())
	go func() {
		log.Fatal(server.Serve(listener))
	}()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		state, service, _ := strings.Cut(lines.Text(), " ")
		states.SetServingStatus(service, healthpb.HealthCheckResponse_ServingStatus(
			healthpb.HealthCheckResponse_ServingStatus_value[state]))
	}
}
