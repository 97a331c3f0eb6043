"""SubjectService: the end users of connections, and the consents that people give."""

from google.protobuf.empty_pb2 import Empty

from facade.connections.consenting import Consenting
from facade.connections.subjects import Subjects
from facade.listing.subjects import SubjectList
from facade.model.names import SubjectName, parse_connection, parse_subject
from gateway.convert.subject import subject_from, subject_to
from gateway.interceptors.base import Rpc
from gateway.pages import asked_in, weight
from gateway.v1 import subject_pb2 as pb


class SubjectService:
    """The methods of gateway.v1.SubjectService."""

    def __init__(self, subjects: Subjects, consenting: Consenting, listing: SubjectList) -> None:
        """Takes where subjects are, who sends people to consent, and what lists subjects."""
        self._subjects = subjects
        self._consenting = consenting
        self._listing = listing

    async def create_subject(self, request: pb.CreateSubjectRequest, rpc: Rpc) -> pb.Subject:
        """Creates a subject."""
        tenant = rpc.identity.tenant
        parent = parse_connection(request.parent, "parent", tenant)
        name = SubjectName(parent.connection, request.subject_id, tenant)
        made = await self._subjects.create(subject_from(request.subject, name), by=rpc.identity)
        return subject_to(made)

    async def get_subject(self, request: pb.GetSubjectRequest, rpc: Rpc) -> pb.Subject:
        """Gets a subject."""
        return subject_to(await self._subjects.get(_name(request.name, rpc)))

    async def list_subjects(
        self, request: pb.ListSubjectsRequest, rpc: Rpc
    ) -> pb.ListSubjectsResponse:
        """Lists the subjects of a connection, page by page."""
        parent = parse_connection(request.parent, "parent", rpc.identity.tenant)
        asked = asked_in(request, rpc.identity.tenant)
        found, token = await self._listing.page(parent, asked, subject_to, weight)
        return pb.ListSubjectsResponse(subjects=found, next_page_token=token)

    async def update_subject(self, request: pb.UpdateSubjectRequest, rpc: Rpc) -> pb.Subject:
        """Changes a subject."""
        name = parse_subject(request.subject.name, "subject.name", rpc.identity.tenant)
        changed = await self._subjects.update(
            name,
            subject_from(request.subject, name),
            tuple(request.update_mask.paths),
            request.subject.etag,
            by=rpc.identity,
        )
        return subject_to(changed)

    async def delete_subject(self, request: pb.DeleteSubjectRequest, rpc: Rpc) -> Empty:
        """Deletes a subject with what is its own."""
        await self._subjects.delete(_name(request.name, rpc), request.etag, by=rpc.identity)
        return Empty()

    async def authorize_subject(
        self, request: pb.AuthorizeSubjectRequest, rpc: Rpc
    ) -> pb.AuthorizeSubjectResponse:
        """Gives the URL at which a subject consents."""
        uri = await self._consenting.authorize(
            _name(request.name, rpc), rpc.identity, request.return_uri
        )
        return pb.AuthorizeSubjectResponse(authorization_uri=uri)

    async def authorize_connection(
        self, request: pb.AuthorizeConnectionRequest, rpc: Rpc
    ) -> pb.AuthorizeConnectionResponse:
        """Gives the URL at which the owner of a connection consents."""
        name = parse_connection(request.name, "name", rpc.identity.tenant)
        uri = await self._consenting.authorize(name, rpc.identity, request.return_uri)
        return pb.AuthorizeConnectionResponse(authorization_uri=uri)


def _name(text: str, rpc: Rpc) -> SubjectName:
    return parse_subject(text, "name", rpc.identity.tenant)
