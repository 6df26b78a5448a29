import hashlib, hmac, ssl

def proof(secret, nonce, drone_id):  # bytes, all three, just as they stand
    return hmac.new(secret, nonce + drone_id, hashlib.sha256).digest()

def prove(send, challenge, secret, drone_id):  # answers a FromGateway that has a challenge
    send(ref=2, authenticate={"proof": proof(secret, challenge.nonce, drone_id.encode())})

def secure(connection, name, ca, cert=None, key=None):  # TLS on a connected socket
    context = ssl.create_default_context(cafile=ca)  # checks that the certificate is for `name`
    if cert:
        context.load_cert_chain(cert, key)
    return context.wrap_socket(connection, server_hostname=name)
