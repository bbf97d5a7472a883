module github.com/zenwallet/zenwallet/sdk/go

go 1.19
