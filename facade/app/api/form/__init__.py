"""The resources of the API as JSON: proto3's form of the messages, by tables, without protobuf."""
