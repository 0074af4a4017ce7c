"""Programs of a stranger with O365 (python-o365), as its documentation writes them.

Each line of the input is a job in JSON; what its scenario returns is printed as a line of JSON.
"""

import json
import sys
from pathlib import Path

from O365 import Account
from O365.utils.token import MemoryTokenBackend
from requests.exceptions import HTTPError


def open_drive(job, request_drive=False):
    account = Account(
        (job["clientId"], job["clientSecret"]),
        auth_flow_type="credentials",
        tenant_id=job["tenantId"],
        token_backend=MemoryTokenBackend(),
    )
    if not account.authenticate():
        raise RuntimeError("O365 could not sign in")
    return account.storage(resource=job["user"]).get_default_drive(request_drive=request_drive)


def local_file(job, name, content):
    path = Path(job["folder"]) / name
    path.write_bytes(content)
    return path


def content_of(job):
    return bytes(index * 7 % 251 for index in range(job["contentBytes"]))


def names_of(items):
    return sorted(item.name for item in items)


def drives(job):
    # O365 knows the id of the drive from then on and writes /users/{user}/drives/{id} instead of /users/{user}/drive.
    drive = open_drive(job, request_drive=True)
    root = drive.get_root_folder()
    return {
        "drive": drive.object_id,
        "type": drive.drive_type,
        "root": root.name,
        "listed": names_of(drive.get_items()),
        "byPath": drive.get_item_by_path("/there.bin").size,
    }


def files(job):
    drive = open_drive(job)
    root = drive.get_root_folder()
    folder = root.create_child_folder("by o365")
    inner = folder.create_child_folder("inner")
    small = folder.upload_file(local_file(job, "small #1.txt", b"small content"))
    download = Path(job["folder"]) / "downloads"
    download.mkdir()
    small.download(to_path=download, name="back.txt")
    small.update(name="renamed.txt")
    small.move(inner)
    moved = drive.get_item_by_path("/by o365/inner/renamed.txt")
    listed = names_of(inner.get_items())
    same = moved.object_id == small.object_id
    moved.delete()
    return {
        "downloaded": (download / "back.txt").read_text(),
        "same": same,
        "listed": listed,
        "left": names_of(drive.get_item(inner.object_id).get_items()),
    }


def missing(job):
    try:
        open_drive(job).get_item_by_path("/nowhere.txt")
    except HTTPError as error:
        return {"status": error.response.status_code, "code": error.response.json()["error"]["code"]}
    return {}


def large_file(job):
    root = open_drive(job).get_root_folder()
    content = content_of(job)
    first = root.upload_file(local_file(job, "large.bin", content))
    again = root.upload_file(local_file(job, "large.bin", content[:-1]))
    renamed = root.upload_file(local_file(job, "large.bin", content), conflict_handling="rename")
    return {"sizes": [first.size, again.size], "same": first.object_id == again.object_id, "renamed": renamed.name}


def pages(job):
    many = open_drive(job).get_item_by_path("/many")
    return {"names": names_of(many.get_items(limit=100, batch=7))}


def copy(job):
    drive = open_drive(job)
    target = drive.get_root_folder().create_child_folder("copies")
    operation = drive.get_item_by_path("/there.bin").copy(target=target, name="copied.bin")
    for _ in operation.check_status(delay=0):
        pass
    item = operation.get_item()
    return {"name": item.name, "size": item.size, "parent": item.get_parent().name}


def search(job):
    return {"names": names_of(open_drive(job).search("there", limit=10))}


def versions(job):
    root = open_drive(job).get_root_folder()
    for text in (b"first", b"second one"):
        item = root.upload_file(local_file(job, "versions.txt", text))
    listed = item.get_versions()
    listed[-1].download(to_path=job["folder"], name="oldest.txt")
    oldest = (Path(job["folder"]) / "oldest.txt").read_text()
    listed[-1].restore()
    return {"sizes": [version.size for version in listed], "oldest": oldest}


def share(job):
    item = open_drive(job).get_item_by_path("/there.bin")
    made = item.share_with_link(share_type="view", share_scope="organization")
    listed = [each.object_id for each in item.get_permissions()]
    found = made.object_id in listed
    made.delete()
    left = [each.object_id for each in item.get_permissions()]
    return {"link": made.share_link, "found": found, "isLeft": made.object_id in left}


def thumbnails(job):
    item = open_drive(job).get_item_by_path("/picture.png")
    # It gives Graph's answer as it is: sets of thumbnails.
    return {"url": item.get_thumbnails(size="small")["value"][0]["small"]["url"]}


SCENARIOS = {
    function.__name__: function
    for function in (drives, files, missing, large_file, pages, copy, search, versions, share, thumbnails)
}

for line in sys.stdin:
    job = json.loads(line)
    print(json.dumps(SCENARIOS[job["scenario"]](job)), flush=True)
