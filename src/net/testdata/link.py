"""A network between two programs for tests, which breaks when it is killed: link.py PORT TO_PORT

Passes on whatever connects to PORT of this machine to TO_PORT.
"""
import asyncio
import sys


async def passed_on(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def joined(reader, writer):
    try:
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    except OSError:
        return writer.close()
    await asyncio.gather(passed_on(reader, to_writer), passed_on(to_reader, writer))


async def main():
    async with await asyncio.start_server(joined, "127.0.0.1", int(sys.argv[1])) as server:
        await server.serve_forever()


asyncio.run(main())
