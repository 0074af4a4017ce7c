"""Programs of a stranger with Microsoft's Graph SDK for Python, as its documentation writes them.

Each line of the input is a job in JSON; what its scenario returns is printed as a line of JSON.
"""

import asyncio
import io
import json
import sys

from azure.identity import ClientSecretCredential
from kiota_abstractions.api_error import APIError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph import GraphServiceClient
from msgraph.generated.drives.item.items.item.children.children_request_builder import ChildrenRequestBuilder
from msgraph.generated.drives.item.items.item.copy.copy_post_request_body import CopyPostRequestBody
from msgraph.generated.drives.item.items.item.create_link.create_link_post_request_body import (
    CreateLinkPostRequestBody,
)
from msgraph.generated.drives.item.items.item.create_upload_session.create_upload_session_post_request_body import (
    CreateUploadSessionPostRequestBody,
)
from msgraph.generated.models.drive_item import DriveItem
from msgraph.generated.models.drive_item_uploadable_properties import DriveItemUploadableProperties
from msgraph.generated.models.folder import Folder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.requests.batch_request_builder import BatchRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem
from msgraph_core.tasks.large_file_upload import LargeFileUploadTask
from msgraph_core.tasks.page_iterator import PageIterator


class Graph:
    def __init__(self, job):
        self.job = job
        credential = ClientSecretCredential(job["tenantId"], job["clientId"], job["clientSecret"])
        self.client = GraphServiceClient(credential, scopes=["https://graph.microsoft.com/.default"])
        self.drive = self.client.drives.by_drive_id(job["driveId"])

    def item(self, item):
        return self.drive.items.by_drive_item_id(item)

    def at(self, path):
        return self.item(f"root:/{path}:")


def folder(name):
    return DriveItem(name=name, folder=Folder(), additional_data={"@microsoft.graph.conflictBehavior": "fail"})


async def failure_of(awaitable):
    try:
        await awaitable
    except APIError as error:
        return {"status": error.response_status_code, "code": error.error.code}
    return None


async def names_of(page, graph):
    names = []
    await PageIterator(page, graph.client.request_adapter).iterate(lambda item: names.append(item.name) is None)
    return names


async def people(graph):
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(select=["id", "userPrincipalName"], top=5)
    users = await graph.client.users.get(RequestConfiguration(query_parameters=query))
    user = await graph.client.users.by_user_id(graph.job["user"]).get()
    drive = await graph.client.users.by_user_id(graph.job["user"]).drive.get()
    root = await graph.drive.root.get()
    nobody = await failure_of(graph.client.users.by_user_id("nobody@contoso.com").get())
    return {
        "users": [each.user_principal_name for each in users.value],
        "user": user.user_principal_name,
        "drive": drive.id,
        "root": root.name,
        "nobody": nobody,
    }


async def files(graph):
    made = await graph.item("root").children.post(folder("by python"))
    inner = await graph.item(made.id).children.post(folder("inner"))
    put = await graph.at("by python/small file.txt").content.put(b"small content")
    content = await graph.item(put.id).content.get()
    replaced = await graph.item(put.id).content.put(b"new content")
    renamed = await graph.item(put.id).patch(DriveItem(name="renamed.txt"))
    listed = await graph.item(made.id).children.get()
    by_path = await graph.at("by python/renamed.txt").get()
    await graph.item(put.id).delete()
    gone = await failure_of(graph.item(put.id).get())
    taken = await failure_of(graph.item(made.id).children.post(folder("inner")))
    return {
        "content": content.decode(),
        "size": replaced.size,
        "renamed": renamed.name,
        "listed": sorted(item.name for item in listed.value),
        "same": by_path.id == put.id,
        "isFolder": inner.folder is not None,
        "gone": gone,
        "taken": taken,
    }


async def large_file(graph):
    item = DriveItemUploadableProperties(additional_data={"@microsoft.graph.conflictBehavior": "replace"})
    session = await graph.at("large.bin").create_upload_session.post(CreateUploadSessionPostRequestBody(item=item))
    stream = io.BytesIO(content_of(graph.job))
    task = LargeFileUploadTask(session, graph.client.request_adapter, stream, DriveItem, graph.job["fragmentBytes"])
    try:
        await task.upload()
    except APIError as error:
        return {"status": error.response_status_code}
    return {"status": None}


def content_of(job):
    return bytes(index * 7 % 251 for index in range(job["contentBytes"]))


async def pages(graph):
    query = ChildrenRequestBuilder.ChildrenRequestBuilderGetQueryParameters(top=7)
    first = await graph.at("many").children.get(RequestConfiguration(query_parameters=query))
    return {"names": await names_of(first, graph)}


async def delta(graph):
    page = await graph.item("root").delta.get()
    names = [item.name for item in page.value]
    while page.odata_next_link:
        page = await graph.item("root").delta.with_url(page.odata_next_link).get()
        names += [item.name for item in page.value]
    await graph.at("after delta.txt").content.put(b"x")
    changed = await graph.item("root").delta.with_url(page.odata_delta_link).get()
    return {"names": names, "changes": [item.name for item in changed.value]}


async def batch(graph):
    there = graph.at("there.bin").to_get_request_information()
    missing = graph.at("nowhere.txt").to_get_request_information()
    content = BatchRequestContent()
    for name, information in (("there", there), ("missing", missing)):
        content.add_request(name, BatchRequestItem(information, name))
    answer = await BatchRequestBuilder(graph.client.request_adapter).post(content)
    statuses = {name: answer.get_response_by_id(name).status for name in ("there", "missing")}
    # Not by response_body: it takes each body for base64, which Graph makes of binary ones only (msgraph-core 1.5.2).
    return {"statuses": statuses}


async def search(graph):
    found = await graph.item("root").search_with_q("there").get()
    return {"names": [item.name for item in found.value]}


async def versions(graph):
    for text in (b"first", b"second one"):
        await graph.at("versions.txt").content.put(text)
    listed = await graph.at("versions.txt").versions.get()
    oldest = await graph.at("versions.txt").versions.by_drive_item_version_id(listed.value[-1].id).content.get()
    return {"sizes": [version.size for version in listed.value], "oldest": oldest.decode()}


async def link(graph):
    made = await graph.at("there.bin").create_link.post(
        CreateLinkPostRequestBody(type="view", scope="organization")
    )
    return {"url": made.link.web_url, "type": made.link.type}


async def copy(graph):
    item = await graph.at("there.bin").get()
    information = graph.item(item.id).copy.to_post_request_information(CopyPostRequestBody(name="copied.bin"))
    adapter = graph.client.request_adapter
    # What the SDK gives of the answer is its body, which is empty.
    await adapter.send_no_response_content_async(information, {})
    return {"accepted": True}


async def throttled(graph):
    return {"size": (await graph.at("there.bin").get()).size}


async def raw(graph):
    """A request by a URL of one's own, which the SDK takes as well."""
    information = RequestInformation(Method.GET, "{+baseurl}/drives/{id}/root")
    information.path_parameters = {"baseurl": graph.client.request_adapter.base_url, "id": graph.job["driveId"]}
    root = await graph.client.request_adapter.send_async(information, DriveItem, {})
    return {"root": root.name}


SCENARIOS = {
    function.__name__: function
    for function in (
        people,
        files,
        large_file,
        pages,
        delta,
        batch,
        search,
        versions,
        link,
        copy,
        throttled,
        raw,
    )
}


async def main():
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps(await SCENARIOS[job["scenario"]](Graph(job))), flush=True)


asyncio.run(main())
