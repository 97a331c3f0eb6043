// Calls by swagger-client, which reads a document and needs no generated code.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const [facade, modules] = process.argv.slice(2)
const SwaggerClient = createRequire(`${modules}/`)('swagger-client')

const refused = (wanted) => async (promise) => {
  const { response } = await promise.then(() => assert.fail('accepted'), (error) => error)
  assert.equal(response.status, wanted)
  return response.body.error
}

const pets = await SwaggerClient(`${facade}/v1/connectors/petstore/versions/v1/openapi.json`)
const { pet, store, trouble } = pets.apis
const { body: rex } = await pet.addPet({}, { requestBody: { name: 'Rex', tags: ['a'] } })
assert.equal(rex.name, 'Rex')
assert.equal((await pet.listPets({ limit: 2 })).body.length, 2)
assert.equal((await pet.findPetsByStatus({ status: ['sold', 'pending'] })).body.length, 1)
assert.ok((await pet.searchPets({ where: { name: 'Rex', status: 'available' } })).body.length >= 1)
assert.equal((await store.getInventory()).body.sold, 1)
assert.deepEqual((await trouble.echo({}, { requestBody: { a: [1, null] } })).body, { a: [1, null] })
assert.equal((await refused(404)(pet.getPetById({ petId: 1 }))).code, '404')
assert.equal((await refused(503)(trouble.fail({ status: 503 }))).description, 'as you asked')
const wrong = await refused(400)(pet.addPet({}, { requestBody: { name: '' } }))
assert.equal(wrong.violations[0].field, '/body/name')

const portico = await SwaggerClient(`${facade}/v1/openapi.json`)
const { CatalogService, GatewayService } = portico.apis
const listed = await CatalogService.listConnectors({ pageSize: 5 })
assert.equal(listed.body.data.connectors[0].name, 'connectors/petstore')
const name = { connector: 'petstore', version: 'live', action: 'listPets' }
const { body: told } = await GatewayService.executeAction(
  name, { requestBody: { parameters: { limit: 2 }, view: 'EXECUTION_VIEW_FULL' } })
assert.equal(told.data.json.length, 2)
assert.equal(told.data.exchange.httpStatus, 200)
const none = await refused(404)(CatalogService.getConnector({ connector: 'nobody' }))
assert.equal(none.reason, 'CONNECTOR_NOT_FOUND')
