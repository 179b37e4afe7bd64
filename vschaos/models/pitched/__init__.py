"""What families share that are played by pitch and loudness, and add partials and noise.

controls   of a frame: pitch, confidence, loudness, timbre
heard      what they learn from: controls, partials and noise of the sounds
listener   sound -> controls, live; timbre tells what pitch and loudness leave open
inputs     controls -> inputs of a network
spectrum   levels -> amplitudes that are as loud as is asked for
model      the model: losses, metrics, encode, decode
stream     the model as it is played
"""
