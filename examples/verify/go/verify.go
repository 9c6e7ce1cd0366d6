// Checks FaceGate's access tokens. Go 1.19 or newer, standard library alone.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	keysFresh    = 5 * time.Minute
	refetchAfter = 10 * time.Second
	keySetLimit  = 1 << 20
)

// Claims of an access token; see docs/tokens.md for the others.
type Claims struct {
	Issuer    string `json:"iss"`
	Audience  string `json:"aud"`
	Subject   string `json:"sub"`
	Session   string `json:"sid"`
	Role      string `json:"role"`
	Name      string `json:"name"`
	Context   string `json:"acr"`
	ExpiresAt *int64 `json:"exp"`
	NotBefore *int64 `json:"nbf"`
}

// TokenVerifier remembers the issuer's keys: make one for each issuer and keep it. Safe for concurrent use.
type TokenVerifier struct {
	issuer, tenant string
	client         http.Client
	mutex          sync.Mutex
	keys           map[string]*ecdsa.PublicKey
	fetched        time.Time
}

// NewTokenVerifier takes the server's public URL, with /test behind it for test tokens, and your tenant's id.
func NewTokenVerifier(issuer, tenant string) *TokenVerifier {
	return &TokenVerifier{issuer: issuer, tenant: tenant, client: http.Client{Timeout: 5 * time.Second}}
}

// Verify gives the claims of a good token, or says why it is refused.
func (v *TokenVerifier) Verify(token string) (*Claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("not a JWT")
	}
	var header struct {
		Algorithm string          `json:"alg"`
		Type      string          `json:"typ"`
		KeyID     string          `json:"kid"`
		Critical  json.RawMessage `json:"crit"`
	}
	if err := decode(parts[0], &header); err != nil {
		return nil, err
	}
	// Only what the issuer uses, whatever the token says of itself.
	if header.Algorithm != "ES256" || header.Type != "JWT" || header.Critical != nil {
		return nil, errors.New("not an ES256 access token")
	}
	key, err := v.key(header.KeyID)
	if err != nil {
		return nil, err
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return nil, errors.New("wrong signature")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(key, digest[:], r, s) {
		return nil, errors.New("wrong signature")
	}
	var claims Claims
	if err := decode(parts[1], &claims); err != nil {
		return nil, err
	}
	now := time.Now().Unix()
	switch {
	case claims.Issuer != v.issuer:
		return nil, errors.New("another issuer")
	case claims.Audience != v.tenant:
		return nil, errors.New("another audience")
	case claims.ExpiresAt == nil || now >= *claims.ExpiresAt:
		return nil, errors.New("expired")
	case claims.NotBefore == nil || now < *claims.NotBefore:
		return nil, errors.New("not valid yet")
	}
	return &claims, nil
}

func (v *TokenVerifier) key(id string) (*ecdsa.PublicKey, error) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	age := time.Since(v.fetched)
	_, known := v.keys[id]
	// An unknown key may be a new one: look again, but not at every forged token.
	if age > keysFresh || (!known && age > refetchAfter) {
		if err := v.fetchKeys(); err != nil {
			return nil, err
		}
	}
	if key, known := v.keys[id]; known {
		return key, nil
	}
	return nil, errors.New("unknown key")
}

func (v *TokenVerifier) fetchKeys() error {
	answer, err := v.client.Get(v.issuer + "/.well-known/jwks.json")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the key set answered %d", answer.StatusCode)
	}
	var set struct {
		Keys []struct {
			Kind  string `json:"kty"`
			Curve string `json:"crv"`
			ID    string `json:"kid"`
			X     string `json:"x"`
			Y     string `json:"y"`
		} `json:"keys"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, keySetLimit)).Decode(&set); err != nil {
		return err
	}
	keys := map[string]*ecdsa.PublicKey{}
	for _, jwk := range set.Keys {
		x, errX := base64.RawURLEncoding.DecodeString(jwk.X)
		y, errY := base64.RawURLEncoding.DecodeString(jwk.Y)
		if jwk.Kind != "EC" || jwk.Curve != "P-256" || errX != nil || errY != nil {
			continue
		}
		key := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
		if key.Curve.IsOnCurve(key.X, key.Y) {
			keys[jwk.ID] = key
		}
	}
	v.keys, v.fetched = keys, time.Now()
	return nil
}

func decode(part string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return errors.New("not a JWT")
	}
	return json.Unmarshal(text, into)
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: verify ISSUER TENANT TOKEN")
		os.Exit(2)
	}
	claims, err := NewTokenVerifier(os.Args[1], os.Args[2]).Verify(os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
	text, _ := json.Marshal(claims)
	fmt.Println(string(text))
}
