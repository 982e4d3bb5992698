// apns2 of sideshow, against the fake: one push, with and without a push type.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"time"

	"github.com/sideshow/apns2"
	"github.com/sideshow/apns2/token"
	"golang.org/x/net/http2"
)

type input struct {
	URL, CA, Key, KeyID, TeamID, Topic, Token, ID, Collapse string
	Expiration                                              int64
	PushType                                                bool
	Message                                                 json.RawMessage
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	var given input
	must(json.Unmarshal([]byte(os.Args[1]), &given))
	key, err := token.AuthKeyFromBytes([]byte(given.Key))
	must(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(given.CA))
	client := apns2.NewTokenClient(&token.Token{AuthKey: key, KeyID: given.KeyID, TeamID: given.TeamID})
	client.Host = given.URL
	client.HTTPClient = &http.Client{Transport: &http2.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	push := &apns2.Notification{
		ApnsID: given.ID, DeviceToken: given.Token, Topic: given.Topic, CollapseID: given.Collapse,
		Expiration: time.Unix(given.Expiration, 0), Priority: apns2.PriorityHigh, Payload: []byte(given.Message),
	}
	if given.PushType {
		push.PushType = apns2.PushTypeAlert
	}
	answer, err := client.Push(push)
	must(err)
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"ok": answer.Sent(), "status": answer.StatusCode, "reason": answer.Reason,
	}))
}
