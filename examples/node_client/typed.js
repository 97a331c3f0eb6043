// Calls typed methods by an exported .proto file: node typed.js petstore.proto 9007199254740993

import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import google from "google-proto-files";

const [file = "petstore.proto", petId = "1"] = process.argv.slice(2);
const includeDirs = [".", google.getProtoPath("..")];
const definition = loader.loadSync(file, { includeDirs, longs: String, enums: String });
const { petstore } = grpc.loadPackageDefinition(definition);

const address = process.env.GATEWAY_ADDRESS ?? "127.0.0.1:50051";
const shop = new petstore.live.PetstoreService(address, grpc.credentials.createInsecure());
const deadline = () => ({ deadline: Date.now() + 10_000 });

shop.GetPetById({ petId }, deadline(), (error, pet) => {
  if (error) {
    fail(error);
  } else {
    console.log(`${pet.id} ${pet.name} ${pet.status ?? pet.statusOther}`);
    printAll();
  }
});

function printAll() {
  const pets = shop.StreamListPets({ limit: 2 }, deadline());
  pets.on("data", (pet) => console.log(pet.name));
  pets.on("error", fail);
  pets.on("end", () => shop.close());
}

function fail(error) {
  shop.close();
  console.error(`${grpc.status[error.code]}: ${error.details}`);
  process.exitCode = 1;
}
