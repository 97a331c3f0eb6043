#!/usr/bin/env python3
"""Calls the demo's pet store by its own methods: client.py PET_ID."""

import os
import sys

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status
from petstore_grpc.live import petstore_pb2 as pb
from petstore_grpc.live import petstore_pb2_grpc as stubs

SECONDS = 10


def shown(pet: pb.Pet) -> str:
    """One line; a status that these stubs do not know yet is in `status_other`."""
    status = pet.status_other or pb.Status.Name(pet.status)
    weight = f"{pet.weight} kg" if pet.HasField("weight") else "not weighed"
    return f"{pet.id} {pet.name}, {status}, {weight}"


def reason(error: grpc.RpcError) -> str:
    """What stays the same of an error, whatever its text is."""
    status, info = rpc_status.from_call(error), ErrorInfo()
    for detail in status.details if status else ():
        detail.Unpack(info)
    return info.reason or error.code().name


def main(pet_id: int) -> int:
    """Prints one pet, then the names of all, whose pages are walked as they are read."""
    address = os.environ.get("GATEWAY_ADDRESS", "127.0.0.1:50051")
    with grpc.insecure_channel(address) as channel:
        shop = stubs.PetstoreServiceStub(channel)
        try:
            pet = shop.GetPetById(pb.GetPetByIdRequest(pet_id=pet_id), timeout=SECONDS)
            sys.stdout.write(f"{shown(pet)}\n")
            for each in shop.StreamListPets(pb.ListPetsRequest(limit=2), timeout=SECONDS):
                sys.stdout.write(f"{each.name}\n")
        except grpc.RpcError as error:
            sys.stderr.write(f"{reason(error)}: {error.details()}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
