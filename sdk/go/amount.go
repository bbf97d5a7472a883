package zenwallet

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Amount is an exact decimal number of coins, such as "500" or "12.5": at most 2 decimals, a JSON
// number on the wire. It is text, so that no float ever comes near it; an untyped constant is
// assignable. Empty is absent.
type Amount string

// AmountOf is the amount of so many hundredths: AmountOf(1250) is "12.5".
func AmountOf(hundredths int64) Amount {
	sign, whole := "", uint64(hundredths)
	if hundredths < 0 {
		sign, whole = "-", -whole
	}
	cents := strings.TrimRight(fmt.Sprintf("%02d", whole%100), "0")
	if cents != "" {
		cents = "." + cents
	}
	return Amount(sign + strconv.FormatUint(whole/100, 10) + cents)
}

// Hundredths is the amount as a whole number to calculate and compare with: 1250 for "12.50". It is
// an error when the amount is no plain decimal number with at most 2 decimals.
func (a Amount) Hundredths() (int64, error) {
	whole, cents, hasPoint := strings.Cut(string(a), ".")
	digits := strings.TrimPrefix(whole, "-")
	if digits == "" || strings.Trim(digits+cents, "0123456789") != "" || hasPoint && cents == "" || len(cents) > 2 {
		return 0, fmt.Errorf("zenwallet: %.40q is no amount with at most 2 decimals", string(a))
	}
	hundredths, err := strconv.ParseInt(whole+(cents + "00")[:2], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("zenwallet: the amount %.40q is too large", string(a))
	}
	return hundredths, nil
}

// MarshalJSON writes a number; nothing is null.
func (a Amount) MarshalJSON() ([]byte, error) {
	if a == "" {
		return []byte("null"), nil
	}
	return json.Marshal(json.Number(a))
}

// UnmarshalJSON keeps the number as it is written; null is nothing.
func (a *Amount) UnmarshalJSON(data []byte) error {
	var number json.Number
	if err := json.Unmarshal(data, &number); err != nil {
		return err
	}
	*a = Amount(number)
	return nil
}
